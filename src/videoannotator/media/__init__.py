"""Reading recordings: what is in them, their frames and their sound. The only home of PyAV."""
