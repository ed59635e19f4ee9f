"""What the theme cannot set: legible quiet text, labels of charts in the page's own colour, a focus that shows.

Streamlit 1.67 draws captions at 60 % of the text's colour, the ticks of charts in a grey of its own, the selected
segment in the primary colour, and the words of code in colours of their own; each fails the 4.5:1 that WCAG 2.2 asks of
text in one of the two themes. These rules follow the page's text colour, so they hold in both. The cells of the samples
are filled, so that their buttons stand in one line.
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
section:focus-visible, main:focus-visible {{outline: none !important}}
</style>"""


def draw() -> None:
    """Put the rules into the page."""
    st.html(STYLE)
