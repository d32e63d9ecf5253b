// Writes the tables of the README and the example settings files from the built code: `npm run docs`.
import { readFileSync, writeFileSync } from 'node:fs';
import { ERRORS } from '../dist/base/errors.js';
import { METRICS } from '../dist/base/metric-table.js';
import { PREFIX, SETTING_GROUPS } from '../dist/base/settings/table.js';
import { ROUTES } from '../dist/http/routes/table.js';
import { AUDIT_ACTIONS } from '../dist/management/audit-actions.js';
import { exampleEnv, exampleYaml, readmeSections, withSections } from './docs.mjs';

const at = (name) => new URL(name, import.meta.url);
const tables = {
  groups: SETTING_GROUPS,
  errors: ERRORS,
  metrics: METRICS,
  routes: ROUTES,
  actions: AUDIT_ACTIONS,
  prefix: PREFIX,
};
const readme = readFileSync(at('../README.md'), 'utf8');
writeFileSync(at('../README.md'), withSections(readme, readmeSections(tables)));
writeFileSync(at('neuralcache.example.yaml'), exampleYaml(SETTING_GROUPS));
writeFileSync(at('example.env'), exampleEnv(SETTING_GROUPS, PREFIX));
