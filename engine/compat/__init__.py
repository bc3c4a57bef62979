"""Programs that were written for Prefect, as they are: its modules by their names, made of flowtui's own objects."""
