"""The only code of the writing side that opens HTTP sessions.

``exchange`` holds the values, ``retry`` decides (pure), ``limiter`` paces, ``token`` logs in,
``transport`` sends, ``redaction`` keeps secrets out of what people read.
"""
