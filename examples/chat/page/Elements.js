/** Making elements. Whatever people wrote becomes text, never HTML. */

/** @typedef {import("../Protocol.ts").Person} Person */

/** @param {string} id @returns {any} */
export const byId = (id) => document.getElementById(id)

/**
 * @param {string} tag
 * @param {Record<string, unknown>} properties
 * @param {ReadonlyArray<Node>} children
 */
export const make = (tag, properties = {}, children = []) => {
  const made = Object.assign(document.createElement(tag), properties)
  made.append(...children)
  return made
}

/** @param {Person} person */
export const avatar = ({ hue, name }) => {
  const made = make("span", { className: "avatar", ariaHidden: "true", textContent: [...name][0].toUpperCase() })
  made.style.setProperty("--hue", String(hue))
  return made
}
