"""The commands of `dlex`, a module each; every one is imported when it is first used."""
