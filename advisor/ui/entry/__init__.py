"""The script that Streamlit runs, apart from the pages so that it does not take them for its own."""
