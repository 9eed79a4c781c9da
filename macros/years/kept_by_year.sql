{% macro kept_by_year(rows) -%}
    {#-
    The last lines of a model that keeps the years of which nothing changed since the last build.

    rows: name of the CTE that holds the whole model, with a column collection_year.
    Returns: the select; for a build of some years, of those alone. The model is incremental: the years that are built
        anew are taken out first and then added.
    Why: a row must rest on its own year and the one before, so that one return more need not cost all years again.
        What is left out is left out of the result and of nothing that it is made from: the database finds out what it
        need not read.
    -#}
    {{- config(materialized=kept_materialization()) -}}
    select * from {{ rows }}
    where {{ is_year_to_build() }}
{%- endmacro %}


{% macro is_year_to_build(year='collection_year') -%}
    {#-
    Whether a row is of a year that this build makes anew.

    year: SQL of the row's collection year.
    Returns: SQL of a condition. Where the build is one of all years it is true, with a comment that says of which year:
        where years are built some at a time, `of_years` puts theirs in its place.
    -#}
    {{- year ~ (' in (' ~ years_to_build() | join(', ') ~ ')') if years_to_build() else 'true /* any ' ~ year ~ ' */' -}}
{%- endmacro %}


{% macro years_read(rounds) -%}
    {#-
    The years that a model which compares rounds has to read: those that are built, and the rounds before them.

    rounds: name of a CTE with the columns collection_year and previous_year.
    Returns: a select, to be the body of a CTE, one row a year: collection_year.
    -#}
    select collection_year
    from {{ rounds }}
    where {{ is_year_to_build() }}

    union

    select previous_year as collection_year
    from {{ rounds }}
    where {{ is_year_to_build() }}
{%- endmacro %}


{% macro of_years(sql, first, last) -%}
    {#-
    A statement for some years, made of that for any.

    sql: the statement, with conditions of `is_year_to_build`.
    first, last: the first year and the last.
    Returns: the statement.
    -#}
    {{- modules.re.sub('true /\\* any (\\S+) \\*/', '\\1 between ' ~ first ~ ' and ' ~ last, sql) -}}
{%- endmacro %}


{% macro year_ranges() -%}
    {#-
    The years that a full build makes at once of a table that keeps years.

    Returns: a list of pairs, the first and the last year of each range; together they are every year there may be. With
        more observations than the variable observations_at_once each year is a range, else all of them are one.
    Why: each row rests on its own year and the one before, so that very many returns need no more memory than those of
        a year.
    -#}
    {%- set observations = graph.nodes['model.' ~ project_name ~ '.stg_landed__observations'] -%}
    {%- set relation = load_cached_relation(
        api.Relation.create(observations.database, observations.schema, observations.alias)
    ) -%}
    {%- set ranges = [(1, 9999)] -%}
    {%- if relation is not none -%}
        {%- set years = run_query(
            'select collection_year, sum(count(*)) over () as observations from ' ~ relation
            ~ ' where collection_year is not null group by collection_year order by collection_year'
        ) -%}
        {%- if years | length > 1 and years[0]['observations'] > var('observations_at_once') -%}
            {%- do ranges.clear() -%}
            {%- for year in years.columns['collection_year'].values() -%}
                {%- do ranges.append((1 if loop.first else year | int, 9999 if loop.last else loop.nextitem - 1)) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
    {{- return(ranges) -}}
{%- endmacro %}


{% macro years_to_build() -%}
    {#-
    The years that this build makes anew.

    Returns: a list of years; empty where all are, as in any build that is not told of years by `wres build`.
    Why: dbt does not know what changed; `wres build` knows which batches, definitions and programs the tables that are
        there were made from. Read at run time, so that other years need no other parse.
    -#}
    {%- set years = [] -%}
    {%- if execute -%}
        {%- for year in env_var('WRES_YEARS', '').split() -%}
            {%- do years.append(year | int) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(years) -}}
{%- endmacro %}


{% macro should_full_refresh() -%}
    {#-
    Whether a model is made anew as a whole.

    Returns: true unless the build is one of some years, or the node's configuration says otherwise.
    Why: dbt's own adds to a table that is there, whatever is in it; a figure may only stand beside others that are known
        to be of the same definitions.
    -#}
    {%- set configured = config.get('full_refresh') -%}
    {%- if configured is not none -%}
        {{- return(configured) -}}
    {%- endif -%}
    {{- return(flags.FULL_REFRESH or not years_to_build()) -}}
{%- endmacro %}


{% macro get_where_subquery(relation) -%}
    {#-
    What a data test of a model's columns reads.

    relation: the tested relation.
    Returns: the relation, or a select of some of its rows: those of the test's setting `where`, as dbt has it, and in a
        model that keeps years those that this build made anew. The others were tested when they were made.
    -#}
    {%- set conditions = [config.get('where')] if config.get('where') else [] -%}
    {%- if years_to_build() -%}
        {%- for node in graph.nodes.values() if node.relation_name == relation | string -%}
            {%- if node.config.materialized == 'incremental' and 'collection_year' in node.columns -%}
                {%- do conditions.append(is_year_to_build()) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if conditions -%}
        {{- return('(select * from ' ~ relation ~ ' where ' ~ conditions | join(' and ') ~ ') as rows_to_test') -}}
    {%- endif -%}
    {{- return(relation) -}}
{%- endmacro %}
