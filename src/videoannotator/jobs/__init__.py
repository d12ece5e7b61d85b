"""What one can do with a job: the bridge between the records and the computing tower."""
