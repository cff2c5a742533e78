"""Everything warm: a server that answers `dlex check` at once, and `dlex watch`, which asks it on save.

    place      the private folder where servers listen
    terms      what answers depend on; a server answers for one set of terms
    messages   what a server is asked and says
    server     the process that holds a warm pool and answers
    start      starts that process
    client     asks it
    checking   a check, by a server if there is one, and what is kept of it

    saves      files that change, keys that are pressed
    keys
    watching   `dlex watch`: what is being worked on, and what happens when
    screen     what it shows on a terminal, or as plain lines

Nothing here imports torch: the server's pool has a process for that.
"""
