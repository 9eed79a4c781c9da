{% macro released_at() -%}
    {#-
    The moment of the release that is being recorded, from the environment variable WRES_RELEASE (`2026-03-31-2` is the
    second release of 31 March 2026).

    Returns: SQL of a timestamp: midnight of the release's date, and one second later for each earlier release of that
        date; NULL where no release is being recorded.
    Why: a snapshot must not read the clock, or it could not be replayed from the releases.
    -#}
    {%- set release = env_var('WRES_RELEASE', '') -%}
    {%- if release -%}
        {%- set date_and_sequence = release.rsplit('-', 1) -%}
        cast('{{ date_and_sequence[0] }}' as timestamp) + interval '{{ date_and_sequence[1] | int - 1 }}' second
    {%- else -%}
        cast(null as timestamp)
    {%- endif -%}
{%- endmacro %}
