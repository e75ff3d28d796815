"""The zoo: one file an entry. Installed as `kerasgen.zoo`."""
