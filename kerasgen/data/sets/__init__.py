"""The data sets that the library knows by name, one file each; nothing else has to know of a file here."""
