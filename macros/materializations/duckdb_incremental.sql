{% materialization incremental, adapter='duckdb' -%}
    {#-
    A table that a build of some years changes in place: the years that it makes anew are taken out, and its rows added.

    Why: dbt's own writes every row twice, into a table beside and from there, and asks the catalogue half a dozen
        questions; whether the columns are still the same is known here, as a build of some years is one of the same
        programs (`wres build`). In order of years, the rows of one are at one place: only that is read, and written
        anew. Of very many returns even a full build makes some years at a time.
    -#}
    {%- set has_years = 'collection_year' in model.columns -%}
    {%- set relation = this.incorporate(type='table') -%}
    {%- set sql -%}
        {%- if is_incremental() -%}
            {%- if has_years -%}
                delete from {{ relation }} where {{ is_year_to_build() }};
            {%- endif %}
            insert into {{ relation }} by name ({{ compiled_code }})
        {%- elif years_to_build() -%}
            {%- do exceptions.raise_compiler_error(
                this ~ ' cannot be made of some years alone: it is not there with the others, or a full refresh was asked'
                ~ ' for. Next: wres build --anew, without WRES_YEARS and DBT_FULL_REFRESH.'
            ) -%}
        {%- else -%}
            {%- set ranges = year_ranges() if has_years else [(1, 9999)] -%}
            {#- One year after another is not sorted, and not for speed alone: after a sorted insert of no rows DuckDB (1.5.6)
            shows none of what the same transaction inserts, until it is opened anew. -#}
            {%- for first, last in ranges %}
                {%- if ranges | length > 1 -%}
                    {%- set rows = of_years(compiled_code, first, last) -%}
                {%- else -%}
                    {%- set rows = compiled_code ~ ('\norder by collection_year' if has_years else '') -%}
                {%- endif -%}
                {%- if loop.first %}
                    {{ create_table_as(False, relation, rows) }}
                {%- else %}
                    ; insert into {{ relation }} by name ({{ rows }})
                {%- endif -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endset -%}
    {%- do duckdb_made(relation, sql, in_place_of_old=not is_incremental()) -%}
    {{- return({'relations': [relation]}) -}}
{%- endmaterialization %}
