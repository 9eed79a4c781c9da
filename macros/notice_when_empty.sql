{% macro notice_when_empty() %}
    {#-
    Say what to do when a build found nothing received.

    Returns: nothing; called at the end of a run.
    Why: an empty warehouse builds without an error, and would otherwise look like a broken one.
    -#}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        {%- set staged = adapter.get_relation(target.database, 'staging', 'stg_landed__submissions') -%}
        {%- if staged is not none -%}
            {%- set received = run_query('select count(*) from ' ~ staged).columns[0].values()[0] -%}
            {%- if received == 0 -%}
                {%- do log(
                    "Nothing has been received yet: the tables hold England's published census figures only. "
                    ~ "Next: wres receive PATH... (or make build, for synthetic returns).",
                    info=True
                ) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
