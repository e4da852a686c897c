"""How each process and the machine are: sampled by the processes themselves."""
