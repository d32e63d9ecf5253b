import { createHash } from 'node:crypto';
import type { oas31 } from 'zod-openapi';
import type { Description } from './document.js';
import { signatureOf } from './signature.js';

/** A page with the `Content-Security-Policy` it is to be served with. */
export interface Page {
  readonly html: string;
  readonly policy: string;
}

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
details { border: 1px solid #8886; border-radius: .4rem; margin: .4rem 0; padding: .3rem .8rem; }
details details { border: 0; padding: 0 0 0 .6rem; margin: .2rem 0; }
summary { cursor: pointer; }
code, pre { font: .85rem/1.45 ui-monospace, monospace; }
pre { background: #8882; padding: .6rem; border-radius: .3rem; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
td { vertical-align: top; padding: .2rem .6rem .2rem 0; border-top: 1px solid #8884; }
b { display: inline-block; min-width: 3.5rem; }
`;

/** Nothing but this page's own style, known by its digest. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/**
 * The description as one page without scripts: every operation folds out to its parameters, body, example and statuses.
 * Cost: milliseconds, and a text of some hundred kilobytes.
 */
export function descriptionPage(description: Description): Page {
  const { info, paths = {}, components = {}, tags = [] } = description;
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation === undefined ? [] : [{ path, method, operation }];
    }),
  );
  const sections = tags.map(({ name, description: about }) => {
    const own = operations.filter(({ operation }) => operation.tags?.includes(name));
    const shown = own.map((one) => operationBlock(one.path, one.method, one.operation, components));
    return `<h2>${escaped(name)}</h2><p>${prose(about ?? '')}</p>${shown.join('')}`;
  });
  const schemas = Object.entries(components.schemas ?? {}).map(
    ([name, schema]) =>
      `<details id="${escaped(name)}"><summary><code>${escaped(name)}</code></summary><pre>${signature(schema)}</pre></details>`,
  );
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(info.title)}</title><style>${STYLE}</style></head><body>
<h1>${escaped(info.title)}</h1>${paragraphs(info.description ?? '')}
<p><a href="openapi.json">openapi.json</a></p>
${sections.join('\n')}
<h2>schemas</h2>${schemas.join('\n')}
</body></html>
`;
  return { html, policy: POLICY };
}

function operationBlock(
  path: string,
  method: string,
  operation: oas31.OperationObject,
  components: oas31.ComponentsObject,
): string {
  const { summary = '', parameters = [], requestBody, responses = {}, security = [] } = operation;
  const body = requestBody as oas31.RequestBodyObject | undefined;
  const open = security.every((needed) => Object.keys(needed).length === 0);
  return `<details><summary><b>${method.toUpperCase()}</b> <code>${escaped(path)}</code> ${prose(summary)}</summary>
${open ? '<p>Open to all.</p>' : ''}${parameterTable(parameters, components)}
${body === undefined ? '' : `<h4>body</h4>${contentBlock(body.content, components)}`}
<h4>answers</h4>${Object.entries(responses)
    .map(([status, response]) =>
      responseBlock(status, resolved<oas31.ResponseObject>(response, components.responses), components),
    )
    .join('')}</details>`;
}

function parameterTable(
  parameters: readonly (oas31.ParameterObject | oas31.ReferenceObject)[],
  components: oas31.ComponentsObject,
): string {
  if (parameters.length === 0) return '';
  const rows = parameters.map((parameter) => {
    const { name, in: place, description = '', schema } = resolved(parameter, components.parameters);
    return `<tr><td><code>${escaped(name)}</code></td><td>${place}</td><td>${signature(schema ?? {})}</td><td>${prose(description)}</td></tr>`;
  });
  return `<table>${rows.join('')}</table>`;
}

function responseBlock(
  status: string,
  { description, headers = {}, content = {} }: oas31.ResponseObject,
  components: oas31.ComponentsObject,
): string {
  const names = Object.keys(headers).map((name) => `<code>${escaped(name)}</code>`);
  return `<details><summary><b>${escaped(status)}</b> ${prose(description)}</summary><p>${names.join(', ')}</p>${contentBlock(content, components)}</details>`;
}

function contentBlock(content: oas31.ContentObject, components: oas31.ComponentsObject): string {
  return Object.entries(content)
    .map(([type, { schema, example, examples = {} }]) => {
      const [first] = Object.values(examples);
      const shown = example ?? (first && resolved<oas31.ExampleObject>(first, components.examples).value);
      const text = shown === undefined ? '' : `<pre>${escaped(JSON.stringify(shown, null, 2))}</pre>`;
      return `<p><code>${escaped(type)}</code></p>${schema === undefined ? '' : `<pre>${signature(schema)}</pre>`}${text}`;
    })
    .join('');
}

function resolved<T extends object>(
  value: T | oas31.ReferenceObject,
  among: Readonly<Record<string, T | oas31.ReferenceObject>> = {},
): T {
  if (!('$ref' in value)) return value as T;
  return among[String(value.$ref).split('/').at(-1)!] as T;
}

/** A schema as code in which named ones are links. */
function signature(schema: oas31.SchemaObject | oas31.ReferenceObject): string {
  return escaped(signatureOf(schema)).replace(/#([A-Za-z0-9]+)/g, '<a href="#$1">$1</a>');
}

function paragraphs(text: string): string {
  return text
    .split('\n\n')
    .map((part) =>
      part.startsWith('- ')
        ? `<ul>${part.replaceAll(/^- (.*)$/gm, (_, line: string) => `<li>${prose(line)}</li>`)}</ul>`
        : `<p>${prose(part)}</p>`,
    )
    .join('');
}

/** Text with code between backticks. */
function prose(text: string): string {
  return escaped(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
