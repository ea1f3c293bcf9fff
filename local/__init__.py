"""The same functions on one machine, driven by template.yaml. Nothing that ships imports this."""
