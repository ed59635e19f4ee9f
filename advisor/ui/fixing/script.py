"""The gallery's style and script. A user's words and pictures reach it as data and are set as text or attributes.

The script holds the decisions of its page and answers at once; the server hears the list of them, each with its number,
and applies those that it has not seen. So a key pressed while the server is busy is not lost.
"""

HTML = '<div class="work" tabindex="0" role="application"></div>\n'
CSS = """
.work {scroll-margin-top: 80px; outline: none; color: var(--st-text-color); font-family: var(--st-font)}
.work:focus-visible .card.here, .work:focus-visible > .one {outline: 2px solid var(--st-primary-color);
  outline-offset: 2px; border-radius: 10px}
.bar {display: flex; flex-wrap: wrap; gap: 6px; align-items: center; margin: 0; padding: 4px 0 8px;
  position: sticky; top: 56px; z-index: 2; background: var(--st-background-color)}
button, select, input {font: inherit; font-size: 0.88rem; color: inherit; cursor: pointer; border-radius: 8px;
  border: 1px solid var(--st-border-color, #8886); background: var(--st-background-color); padding: 4px 10px}
button:hover {border-color: var(--st-primary-color)}
.answer {cursor: text; min-width: 240px}
button:focus-visible, select:focus-visible, input:focus-visible {
  outline: 2px solid var(--st-primary-color); outline-offset: 1px}
button[aria-pressed="true"] {border-color: var(--st-primary-color); font-weight: 600}
kbd {font: inherit; font-size: 0.78rem; opacity: 0.75; border: 1px solid currentColor; border-radius: 4px;
  padding: 0 4px; margin-left: 6px}
.count {margin-left: auto; font-size: 0.88rem; opacity: 0.75}
.cards {display: grid; grid-template-columns: repeat(auto-fill, minmax(132px, 1fr)); gap: 10px}
.cards.text {grid-template-columns: repeat(auto-fill, minmax(260px, 1fr))}
.card {border: 2px solid transparent; border-radius: 10px; padding: 6px; cursor: pointer;
  background: var(--st-secondary-background-color); text-align: left; width: 100%; overflow: hidden;
  display: flex; flex-direction: column; align-items: stretch; justify-content: flex-start}
.card.here {border-color: var(--st-primary-color)}
.card img, .one img {width: 100%; border-radius: 6px; display: block; image-rendering: auto}
.card img {aspect-ratio: 1; object-fit: contain}
.text {white-space: pre-wrap; overflow-wrap: anywhere; font-size: 0.9rem; line-height: 1.4}
.card .text {display: -webkit-box; -webkit-line-clamp: 6; -webkit-box-orient: vertical; overflow: hidden}
.line {font-size: 0.84rem; line-height: 1.35; overflow-wrap: anywhere; margin-top: 3px}
.quiet {opacity: 0.72}
.label {font-weight: 600}
.split {display: grid; grid-template-columns: minmax(0, 1fr) 300px; gap: 18px; align-items: start}
.side {position: sticky; top: 112px; max-height: calc(100vh - 130px); overflow-y: auto}
.side .near.text > div {border-left: 2px solid var(--st-border-color, #8886); padding: 0 0 0 8px}
.mark {display: inline-block; font-size: 0.8rem; border-radius: 6px; padding: 1px 7px; margin-top: 4px;
  border: 1px solid currentColor}
.mark.relabel {border-color: var(--st-primary-color)} .mark.drop {border-color: #c0604a} .mark.keep {opacity: 0.75}
.card.dropped img, .card.dropped .text {opacity: 0.35}
.one {display: grid; grid-template-columns: minmax(200px, 340px) 1fr; gap: 18px; align-items: start}
.one.words {grid-template-columns: 1fr}
.near {display: grid; grid-template-columns: repeat(auto-fill, minmax(88px, 1fr)); gap: 8px; margin-top: 6px}
.near.text {grid-template-columns: 1fr}
.near > div {font-size: 0.8rem}
.near img {width: 100%; aspect-ratio: 1; object-fit: contain; border-radius: 6px}
.near .other {outline: 2px solid #ad7722; outline-offset: -2px; border-radius: 6px}
.side .near.text > .other {outline: none; border-left: 3px solid #ad7722; border-radius: 0}
h4 {margin: 12px 0 2px; font-size: 0.9rem; font-weight: 600}
@media (max-width: 820px) {.one, .split {grid-template-columns: 1fr} .side {position: static; max-height: none}}
"""
JS = """
const make = (tag, name, text) => {
  const element = document.createElement(tag)
  if (name) element.className = name
  if (text !== undefined) element.textContent = text
  return element
}
const show = (item, label) => {
  if (item.source) {
    const image = make("img")
    image.src = item.source
    image.alt = label
    return image
  }
  return make("div", "text", item.text)
}

export default function ({data, parentElement, setStateValue}) {
  const root = parentElement.querySelector(".work")
  if (root.dataset.mounted === data.mount) return
  root.dataset.mounted = data.mount
  root.setAttribute("aria-label", data.name)
  const items = data.items, classes = data.classes, made = [], past = []
  const now = items.map(item => item.decision)
  let at = Math.max(0, now.findIndex(one => !one)), typed = "", timer = 0, begun = false
  let single = data.single || window.innerWidth < 520  // a phone shows one at a time

  const named = label => typeof label === "number" ? classes[label] : label
  const isNamed = label => typeof label === "number" ? label >= 0 : label !== ""
  const said = (one, item) => one.action === "drop" ? "dropped" : one.action === "keep" ? "kept" :
    "→ " + (one.label === item.label ? offer(item) : named(one.label))
  const names = item => isNamed(item.suggested) && (item.suggested !== item.label || item.document)
  const offer = item => item.document ? "in " + item.document : named(item.suggested)

  const decide = (place, one, remember = true) => {
    if (remember) past.push([place, now[place]])
    now[place] = one
    made.push({n: made.length + 1, row: items[place].row, action: one ? one.action : "undecided",
      label: one && one.action === "relabel" ? one.label : -1})
    setStateValue("made", made.slice(-400))
  }
  const act = one => {
    if (!items.length) return
    decide(at, one)
    if (one && at < items.length - 1) at += 1
    draw()
  }
  const accept = () => {
    if (items[at].action === "drop") act({action: "drop"})
    else rename()
  }
  const rename = () => { if (names(items[at])) act({action: "relabel", label: items[at].suggested}) }
  const back = () => {
    const last = past.pop()
    if (!last) return
    at = last[0]
    decide(last[0], last[1], false)
    draw()
  }
  const relabel = number => act(number === items[at].label ? {action: "keep"} : {action: "relabel", label: number})

  const button = (text, key, run, pressed) => {
    const element = make("button", "", text)
    element.type = "button"
    if (key) element.append(make("kbd", "", key))
    if (pressed !== undefined) element.setAttribute("aria-pressed", pressed)
    element.onclick = event => { event.stopPropagation(); run(); root.focus({preventScroll: true}) }
    return element
  }
  const bar = () => {
    const row = make("div", "bar"), item = items[at]
    row.append(button("Keep", "k", () => act({action: "keep"})))
    const drops = item.action === "drop"
    if (drops) row.append(button("As suggested: drop", "r", accept))
    if (names(item))
      row.append(button((item.document ? "It stands " : "Relabel: ") + offer(item), drops ? "" : "r", rename))
    row.append(button("Drop", "d", () => act({action: "drop"})), button("Undecided", "u", () => act(null)))
    row.append(...(classes.length ? [choice()] : answers()))
    row.append(button("Back", "z", back), button(single ? "Grid" : "One at a time", "g", turn))
    const n = now.filter(Boolean).length
    row.append(make("span", "count", n + " of " + items.length + " decided"))
    return row
  }
  const choice = () => {
    const list = make("select")
    list.setAttribute("aria-label", "Relabel as another class")
    list.append(new Option("Relabel as …", ""))
    classes.forEach((name, number) => list.append(new Option(number + "  " + name, number)))
    list.onchange = () => { if (list.value !== "") relabel(Number(list.value)); root.focus() }
    return list
  }
  const answers = () => {
    const field = make("input", "answer")
    field.placeholder = "Another answer (a), Enter takes it"
    field.setAttribute("aria-label", "Another answer")
    field.onkeydown = event => {
      event.stopPropagation()
      if (event.key === "Escape") root.focus({preventScroll: true})
      if (event.key !== "Enter" || !field.value.trim()) return
      relabel(field.value.trim())
      root.focus({preventScroll: true})
    }
    return [field, button("Not in the documents", "n", nothing)]
  }
  const nothing = () => { if (!classes.length) relabel(data.nothing) }
  const write = () => { const field = root.querySelector(".answer"); if (field) field.focus() }
  const turn = () => { single = !single; draw() }

  const head = place => {
    const item = items[place], box = make("div")
    box.append(make("div", "line label", named(item.label)))
    if (now[place]) box.append(make("span", "mark " + now[place].action, said(now[place], items[place])))
    else if (item.action) box.append(make("span", "line quiet",
      "Suggested: " + (item.action !== "drop" ? offer(item) : names(item) ? "drop, or " + offer(item) : "drop")))
    return box
  }
  const near = place => {
    const item = items[place], box = make("div")
    if (!item.near.length) return box
    box.append(make("h4", "", data.beside + (item.near.some(one => one.other) ? data.framed : "")))
    const row = make("div", item.near[0].source ? "near" : "near text")
    item.near.forEach(one => {
      const cell = make("div", one.other ? "other" : "")
      cell.append(show(one, one.label), make("div", "line quiet", one.label))
      row.append(cell)
    })
    box.append(row)
    return box
  }
  const cards = () => {
    const grid = make("div", items[0].source ? "cards" : "cards text")
    items.forEach((item, place) => {
      const card = make("button", "card" + (place === at ? " here" : ""))
      card.type = "button"
      card.tabIndex = -1  // the arrows move: a card that Tab reaches would look like the current one
      if (now[place] && now[place].action === "drop") card.classList.add("dropped")
      card.setAttribute("aria-label", item.key + ", " + named(item.label))
      card.setAttribute("aria-current", place === at)
      card.append(show(item, ""), head(place))
      card.onclick = () => { at = place; draw(); root.focus({preventScroll: true}) }
      card.ondblclick = () => { at = place; single = true; draw() }
      grid.append(card)
    })
    return grid
  }
  const one = () => {
    const item = items[at], box = make("div", item.source ? "one" : "one words"), side = make("div")
    const picture = make("div")
    picture.append(show(item, item.key))
    side.append(head(at), make("div", "line", item.reason), make("div", "line quiet", item.key + " · " + item.part))
    if (item.warn) side.append(make("div", "line", item.warn))
    side.append(near(at))
    box.append(picture, side)
    return box
  }
  const aside = () => {
    const item = items[at], box = make("div", "side")
    box.append(make("div", "line", item.reason), make("div", "line quiet", item.key + " · " + item.part))
    if (item.warn) box.append(make("div", "line", item.warn))
    box.append(near(at))
    return box
  }
  const draw = () => {
    if (!items.length) { root.replaceChildren(make("div", "line quiet", data.empty)); return }
    const grid = make("div", "split")
    if (!single) grid.append(cards(), aside())
    root.replaceChildren(bar(), single ? one() : grid)
    const here = root.querySelector(".card.here")
    if (here && begun) here.scrollIntoView({block: "nearest"})
  }
  const columns = () => {
    const grid = root.querySelector(".cards")
    return grid ? getComputedStyle(grid).gridTemplateColumns.split(" ").length : 1
  }
  const move = step => { at = Math.min(items.length - 1, Math.max(0, at + step)); draw() }
  const digit = key => {
    clearTimeout(timer)
    typed += key
    const number = Number(typed)
    const use = () => { typed = ""; if (number < classes.length) relabel(number) }
    if (number * 10 >= classes.length || (typed === "0" && classes.length <= 10)) use()
    else timer = setTimeout(use, 700)
  }
  const keys = {k: () => act({action: "keep"}), r: accept, d: () => act({action: "drop"}), u: () => act(null), z: back,
    g: turn, n: nothing, a: write, ArrowRight: () => move(1), ArrowLeft: () => move(-1),
    ArrowDown: () => move(columns()), ArrowUp: () => move(-columns())}
  root.onkeydown = event => {
    if (event.ctrlKey || event.metaKey || event.altKey || !items.length) return
    if (event.target.tagName === "SELECT") { event.stopPropagation(); return }
    const run = /^[0-9]$/.test(event.key) ? () => digit(event.key) : keys[event.key]
    if (!run) return
    event.preventDefault()
    event.stopPropagation()
    run()
    if (event.key !== "a") root.focus({preventScroll: true})
  }
  draw()
  if (data.jump) root.scrollIntoView({block: "start"})
  begun = true  // the page stays where it is until a key moves
  if (document.activeElement === document.body) root.focus({preventScroll: true})
}
"""
