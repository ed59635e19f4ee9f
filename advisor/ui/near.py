"""What lies below the first screen is drawn when the reader comes near it.

A chart costs the browser a tenth of a second without a GPU: all those of Evidence held up the page for three quarters
of a second, though one of them can be seen. A component of ours watches where its place is; until it comes near, a
skeleton stands there. Several that come near at once ask again until they are drawn: Streamlit joins requests of
different fragments, and some are lost.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

#: So far outside of the screen things are drawn already, in pixels.
MARGIN_PX = 400
#: A place that is not drawn yet asks again after so many milliseconds, or up to twice as many.
AGAIN_MS = 400
#: Of a session in which everything is drawn at once, as a test's that cannot scroll.
AT_ONCE = "draw-at-once"
JS = f"""
export default function ({{data, parentElement, setStateValue}}) {{
  const place = parentElement.host ?? parentElement
  const stop = () => {{ place.watch?.disconnect(); clearInterval(place.again) }}
  stop()
  if (data.drawn) return
  const ask = () => setStateValue("near", Date.now())
  place.watch = new IntersectionObserver(seen => {{
    if (!seen.some(entry => entry.isIntersecting)) return
    stop()
    ask()
    place.again = setInterval(ask, {AGAIN_MS} * (1 + Math.random()))
  }}, {{root: place.closest('[data-testid="stMain"]'), rootMargin: "{MARGIN_PX}px 0px"}})
  place.watch.observe(place)
  return stop
}}
"""
_WATCH = st.components.v2.component("advisor_near", html='<div style="height:1px"></div>', js=JS)


def draw(key: str, height_px: int, what: Callable[[], object]) -> None:
    """Draw it now if its place is near the screen, else a skeleton of that height; inside a fragment of the caller's.

    key: one for each place of a page. The fragment runs again once the place comes near.
    """
    if st.session_state.get(AT_ONCE):
        what()
        return
    name = f"near-{key}"
    near = bool((st.session_state.get(name) or {}).get("near"))
    with st.container(gap=None):
        _WATCH(key=name, data={"drawn": near}, default={"near": 0}, on_near_change=lambda: None)
        if not near:
            st.skeleton(height_px)
    if near:
        what()


@st.fragment
def part(key: str, height_px: int, what: Callable[[], object]) -> None:
    """As `draw`, in a fragment of its own."""
    draw(key, height_px, what)
