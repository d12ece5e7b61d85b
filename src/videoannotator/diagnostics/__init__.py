"""How an installation is doing: one report each for the system, its GPUs, its storage and its database."""
