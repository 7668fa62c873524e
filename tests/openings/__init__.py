"""Openings of the notebook in a real Chromium.

An opening is a fresh container of an image's own command and a fresh Chromium, in which a person's steps are done by mouse
and keyboard: a notebook with Sage's kernel from the menu, a cell typed, run and read, a plot, an interactive widget whose
slider is moved, `?` help, a second notebook with a kernel of its own, one more from a browser that is seldom idle, and a notebook in JupyterLab
where the image has it.

Nothing is tried twice: each step is done once, and waits for what it should bring. An opening fails, too, when the page
says an error to its console, or when a process that renders pages takes more memory than it may.
"""
