"""Where the files of jobs lie, and how they get there whole or not at all."""
