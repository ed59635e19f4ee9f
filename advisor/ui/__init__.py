import logging

# Pages are imported before the server runs, to be ready at the first visit. Streamlit warns of each cached function
# that is declared so early; they work all the same, and the address that is printed should not drown among warnings.
logging.getLogger("streamlit.runtime.caching.cache_data_api").addFilter(
    lambda record: not record.getMessage().startswith("No runtime found")
)
