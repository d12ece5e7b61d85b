"""For tests, ours and those of plugins: the contracts of pipelines and exporters, exact synthetic speech, example annotations."""
