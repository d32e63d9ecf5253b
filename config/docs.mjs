/**
 * Renders the tables of the README and the example settings files from the tables in the code. Pure functions: the
 * script `write-docs.mjs` writes what they give, `test/house.test.ts` compares.
 */

/**
 * Sections of the README by marker name.
 * @param {{ groups: any, errors: any, metrics: any, routes: any, actions: any, prefix: string }} tables
 * @returns {Record<string, string>}
 */
export function readmeSections({ groups, errors, metrics, routes, actions }) {
  return {
    routes: table(
      ['Method', 'Path', 'What it does', 'Credentials'],
      routes.map(({ method, path, versioned, ending, access, what }) => [
        method,
        [path, ...(versioned ? [`/v1${path}`] : []), ...(ending ? [`…${ending}`] : [])]
          .map((name) => `\`${name}\``)
          .join(', '),
        what,
        { open: 'never', credentials: 'if configured', admin: 'of administrators' }[access],
      ]),
    ),
    settings: groups
      .map(({ title, settings }) => {
        const rows = Object.entries(settings).map(([name, setting]) => [
          `\`${name}\``,
          defaultCell(setting),
          setting.kind.accepts,
          setting.doc + (setting.secret ? ' Secret.' : ''),
        ]);
        return `### ${title}\n\n${table(['Setting', 'Default', 'Accepts', 'What it does'], rows)}`;
      })
      .join('\n\n'),
    actions: table(
      ['Action', 'What it tells'],
      Object.entries(actions).map(([name, what]) => [`\`${name}\``, what]),
    ),
    errors: table(
      ['Code', 'Status', 'When'],
      Object.entries(errors).map(([code, { status, when }]) => [`\`${code}\``, status, when]),
    ),
    metrics: table(
      ['Metric', 'Type', 'Labels', 'What it counts'],
      Object.values(metrics).map(({ name, type, labels, perNamespace, help }) => [
        `\`${name}\``,
        type,
        [...labels, ...(perNamespace ? ['(namespace)'] : [])].join(', '),
        help,
      ]),
    ),
  };
}

/**
 * Puts sections between their markers, `<!-- NAME: … -->` and `<!-- /NAME -->`. Throws where a marker is missing.
 * @param {string} text
 * @param {Record<string, string>} sections
 */
export function withSections(text, sections) {
  return Object.entries(sections).reduce((result, [name, content]) => {
    const marked = new RegExp(`(<!-- ${name}:[^>]*-->\n)[\\s\\S]*?(\n?<!-- /${name} -->)`);
    if (!marked.test(result)) throw new Error(`the README has no section "${name}"`);
    return result.replace(marked, (_, opening) => `${opening}\n${content}\n\n<!-- /${name} -->`);
  }, text);
}

/**
 * A YAML file with every setting commented out at its default.
 * @param {any} groups
 */
export function exampleYaml(groups) {
  const head = [
    '# Settings of NeuralCache. Save as neuralcache.yaml where the server starts, or name the file in NEURALCACHE_CONFIG.',
    '# The environment (NEURALCACHE_HTTP_PORT for http_port) and .env are stronger than this file.',
    '# Every line below shows a default; take the # away to change it.',
  ];
  return example(head, groups, (name, value) => `# ${name.toLowerCase()}:${value && ` ${yamlValue(value)}`}`);
}

/**
 * A .env file with every setting commented out at its default.
 * @param {any} groups
 * @param {string} prefix
 */
export function exampleEnv(groups, prefix) {
  const head = [
    '# Settings of NeuralCache. Save as .env where the server starts. The environment is stronger than this file.',
    '# Every line below shows a default; take the # away to change it.',
    '# A secret may also be read from a file: NEURALCACHE_API_TOKENS_FILE=/run/secrets/tokens',
  ];
  return example(
    head,
    groups,
    (name, value) => `# ${prefix}${name}=${/[ #$]/.test(value) ? `'${value}'` : value}`,
  );
}

function example(head, groups, line) {
  const blocks = groups.map(({ title, settings }) => {
    const lines = Object.entries(settings).map(([name, setting]) =>
      [
        ...wrap(`${setting.doc} ${capital(setting.kind.accepts)}.${unsetNote(setting)}`).map(
          (text) => `# ${text}`,
        ),
        line(name, defaultValue(setting)),
      ].join('\n'),
    );
    return [`# ---- ${title} ----`, ...lines].join('\n\n');
  });
  return `${[head.join('\n'), ...blocks].join('\n\n')}\n`;
}

/** The default in the syntax it is written in; empty where nothing is set. */
function defaultValue({ fallback, fallbackText }) {
  return isUnset(fallback) ? '' : fallbackText;
}

function defaultCell({ fallback, fallbackText }) {
  return isUnset(fallback) ? fallbackText : `\`${fallbackText}\``;
}

function unsetNote({ fallback, fallbackText }) {
  return isUnset(fallback) ? ` Unset: ${fallbackText}.` : '';
}

function isUnset(fallback) {
  return fallback === undefined || (Array.isArray(fallback) && fallback.length === 0);
}

function yamlValue(value) {
  return /^[\w./-]+( \w+)?$/.test(value) ? value : `'${value}'`;
}

function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}

/** Lines of at most 110 characters. */
function wrap(text) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const longer = lines.at(-1) === '' ? word : `${lines.at(-1)} ${word}`;
    if (longer.length <= 110) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
