// Reads `examples.graphql`. An example begins with `## Group: title`; comments below it are its note, and a line
// `# variables {…}` has its variables. Plain JavaScript, because tests read the examples, too.

/**
 * @typedef {object} Example
 * @property {string} group
 * @property {string} title
 * @property {string} note
 * @property {string} query
 * @property {string} variables JSON, or nothing
 */

/**
 * @param {string} text
 * @returns {Example[]}
 */
export function examplesOf(text) {
  return text.split(/^## /m).slice(1).map(exampleOf);
}

/**
 * @param {string} part
 * @returns {Example}
 */
function exampleOf(part) {
  const lines = part.trim().split("\n");
  const [group = "", title = ""] = (lines.shift() ?? "").split(": ");
  const end = lines.findIndex((line) => !line.startsWith("#"));
  const comments = lines.slice(0, end).map((line) => line.replace(/^# ?/, ""));
  const given = comments.find((line) => line.startsWith("variables "))?.slice("variables ".length);
  return {
    group,
    title,
    note: comments.filter((line) => !line.startsWith("variables ")).join(" "),
    query: `${lines.slice(end).join("\n")}\n`,
    variables: given ? JSON.stringify(JSON.parse(given), null, 2) : "",
  };
}
