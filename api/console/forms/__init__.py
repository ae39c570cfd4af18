"""Forms for commands, made from what the door takes: no command's form is written by hand.

`shapes` reads a type, `choices` finds what a field may name and what it is called, `fields` is what a template shows,
`typed` turns what a browser sends into a body and back, `wording` says which fields stand first and what they are for.
`api.console.pages.do` shows a form and sends it the same way as the API does.
"""
