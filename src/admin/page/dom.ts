/**
 * A drawing of the page as plain data, and the only place that makes elements of it. The functions of this folder run in
 * the browser: `page.ts` puts their text together, so that they may use one another and nothing else.
 */
export interface Drawn {
  tag: string
  attributes: Attributes
  children: (Drawn | string)[]
}

/** `fill` is a share from 0 to 1, for bars. */
export type Attributes = Record<string, string | number | (() => void) | undefined>

/** As much of an element as is used. */
export interface PageElement {
  localName: string
  textContent: string | null
  childNodes: ArrayLike<PageElement>
  nodeType: number
  value: string
  hidden: boolean
  onclick: (() => void) | null
  style: { setProperty(name: string, value: string): void }
  getAttribute(name: string): string | null
  getAttributeNames(): string[]
  setAttribute(name: string, value: string): void
  removeAttribute(name: string): void
  append(child: PageElement): void
  replaceWith(other: PageElement): void
  remove(): void
  select(): void
  focus(): void
}

/** As much of the document as is used. */
export interface PageDocument {
  body: PageElement
  activeElement: PageElement | null
  visibilityState: string
  getElementById(id: string): PageElement | null
  createElementNS(namespace: string, tag: string): PageElement
  createTextNode(text: string): PageElement
  addEventListener(type: string, listener: () => void): void
  execCommand(command: string): boolean
}

declare const document: PageDocument

/** Draws an element; what is undefined is left out. */
export function h(tag: string, attributes: Attributes, ...children: (Drawn | string | undefined)[]): Drawn {
  return { tag, attributes, children: children.filter((child) => child !== undefined) }
}

/** Makes what is below an element what is drawn, and leaves alone what is so already: focus and selections stay. */
export function patch(parent: PageElement, drawn: readonly (Drawn | string)[]): void {
  drawn.forEach((one, i) => {
    const node = parent.childNodes[i]
    if (node === undefined) parent.append(make(one))
    else if (typeof one === 'string') patchText(node, one)
    else if (node.nodeType === 1 && isFor(node, one)) {
      patchAttributes(node, one.attributes)
      patch(node, one.children)
    } else node.replaceWith(make(one))
  })
  for (let i = parent.childNodes.length - 1; i >= drawn.length; i--) parent.childNodes[i]?.remove()
}

export function patchText(node: PageElement, text: string): void {
  if (node.nodeType !== 3) node.replaceWith(document.createTextNode(text))
  else if (node.textContent !== text) node.textContent = text
}

/** What has another key is another thing, though it looks alike: it shall not inherit that it is folded out. */
export function isFor(node: PageElement, { tag, attributes }: Drawn): boolean {
  return node.localName === tag && (node.getAttribute('data-key') ?? undefined) === attributes['data-key']
}

export function make(drawn: Drawn | string): PageElement {
  if (typeof drawn === 'string') return document.createTextNode(drawn)
  const isShape = ['svg', 'path', 'rect', 'line', 'circle'].includes(drawn.tag)
  const namespace = isShape ? 'http://www.w3.org/2000/svg' : 'http://www.w3.org/1999/xhtml'
  const element = document.createElementNS(namespace, drawn.tag)
  patchAttributes(element, drawn.attributes)
  for (const child of drawn.children) element.append(make(child))
  return element
}

export function patchAttributes(element: PageElement, attributes: Attributes): void {
  for (const name of element.getAttributeNames())
    if (attributes[name] === undefined && name !== 'open' && name !== 'style') element.removeAttribute(name)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) continue
    if (typeof value === 'function') element.onclick = value
    else if (name === 'fill') element.style.setProperty('--fill', String(value))
    else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value))
  }
}
