"""The Python around the SC-WRES warehouse: form, sample, receive, build, publish and the command line."""
