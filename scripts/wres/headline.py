"""The headline of an indicator, as every reader of the published tables asks for it."""

# One row for each collection, year, area, service and indicator, and for each panel where there are panels.
HEADLINE = """
    definition = 'as_collected'
    and breakdown = 'all'
    and comparison_group = 'minority_ethnic'
    and reference_group = 'white'
"""
