"""What the theme cannot set: legible quiet text, labels of charts in the page's own colour, a focus that shows.

Streamlit 1.67 draws captions at 60 % of the text's colour, the ticks of charts in a grey of its own, the selected
segment in the primary colour, and the words of code in colours of their own; each fails the 4.5:1 that WCAG 2.2 asks of
text in one of the two themes. These rules follow the page's text colour, so they hold in both. The cells of the samples
are filled, so that their buttons stand in one line.

Segments are as high as the buttons and fields beside them. A page keeps the room of its scrollbar, so that it stands
where a shorter one does. On a phone, segments that wrap have whole borders, a list to choose from takes the whole line,
and the page begins closer to the bar.
"""

from __future__ import annotations

import streamlit as st

from advisor.ui.charts import TEAL

#: How much of the page's text colour quiet text keeps; at 0.7 it stands out by 5:1 or more on every background.
QUIET = 0.75
STYLE = f"""<style>
[data-testid="stCaptionContainer"] {{opacity: {QUIET}}}
::placeholder {{color: currentColor !important; opacity: {QUIET} !important}}
.js-plotly-plot :is(.xtick, .ytick) text, .js-plotly-plot :is(.xtitle, .ytitle, .annotation-text, .legendtext),
.js-plotly-plot .bartext-outside, .js-plotly-plot .textpoint text {{fill: currentColor !important}}
.js-plotly-plot :is(.xtick, .ytick) text, .js-plotly-plot :is(.xtitle, .ytitle) {{fill-opacity: {QUIET} !important}}
[data-variant="segmented_control"][aria-checked="true"], [data-variant="pills"][aria-checked="true"],
[data-testid="stSliderThumbValue"], [role="tab"][aria-selected="true"],
[data-testid="stPageLink"] a[disabled], [data-testid="stPageLink"] a[disabled] * {{color: inherit !important}}
[data-testid="stPageLink"] a[disabled] {{opacity: {QUIET}}}
[data-variant="segmented_control"][aria-checked="true"] {{font-weight: 600}}
:is(a, button, summary, input, textarea, select, canvas, [role], [tabindex]):focus-visible
  {{outline: 2px solid {TEAL} !important; outline-offset: 2px}}
[data-testid="stCode"] .token {{color: inherit !important}}
.st-key-gallery [data-testid="stGridCellContent"] > *, .st-key-gallery [data-testid="stGridCellContent"] > * > *
  {{flex: 1 1 auto}}
section:focus-visible, main:focus-visible, [data-testid="stChatInput"] textarea:focus-visible
  {{outline: none !important}}
[data-testid="stChatInput"] > div:focus-within {{outline: 2px solid {TEAL}; outline-offset: 2px}}
[data-testid="stMain"] {{scrollbar-gutter: stable}}
[data-variant="segmented_control"] {{min-height: 2.5rem}}
@media (max-width: 640px) {{
  [data-testid="stMainBlockContainer"] {{padding-top: 3.75rem}}
  [data-variant="segmented_control"] {{border-radius: 8px !important; margin: 0 4px 0 0 !important}}
  [data-variant="segmented_control"]:not([aria-checked="true"]) {{border: 1px solid rgba(135,150,160,0.45) !important}}
  [data-testid="stButton"] button {{height: auto}}
  [data-testid="stButton"] button * {{white-space: normal !important; overflow: visible !important}}
  [data-testid="stFileUploaderDropzoneInstructions"] {{justify-content: center}}
  [data-testid="stHorizontalBlock"] > [data-testid="stElementContainer"]:has([data-testid="stSelectbox"])
    {{flex: 1 1 100% !important; width: 100% !important}}
}}
</style>"""


def draw() -> None:
    """Put the rules into the page."""
    st.html(STYLE)
