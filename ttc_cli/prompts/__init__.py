"""From a question to a prompt, and from a reply to its parts.

Nothing is imported here: Jinja costs tens of milliseconds, and most of the program
never renders a template.
"""
