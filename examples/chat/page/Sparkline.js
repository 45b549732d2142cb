/** A small curve of the last numbers. */

const length = 60
const [width, height] = [120, 24]

/** @param {SVGElement} svg */
export const make = (svg) => {
  const [area, line] = svg.querySelectorAll("path")
  /** @type {Array<number>} */
  let values = Array.from({ length }, () => 0)

  return {
    /** @param {number} value */
    push: (value) => {
      values = [...values.slice(1), value]
      const most = Math.max(4, ...values)
      const points = values.map((value, i) => `${i * width / (length - 1)},${height - 2 - value / most * (height - 4)}`)
      line.setAttribute("d", `M${points.join("L")}`)
      area.setAttribute("d", `M0,${height}L${points.join("L")}L${width},${height}Z`)
    }
  }
}
