import type { DescriptionOptions } from './document.js';
import type { Page } from './page.js';

/**
 * The description as JSON and as a page, each made once, when it is first asked for: schemas and their library cost
 * memory and time at start, and most processes never show them.
 */
export class LazyDescription {
  private text: Promise<string> | undefined;
  private shown: Promise<Page> | undefined;

  constructor(private readonly options: DescriptionOptions) {}

  json(): Promise<string> {
    this.text ??= this.describe().then((description) => JSON.stringify(description));
    return this.text;
  }

  page(): Promise<Page> {
    this.shown ??= this.describe().then(async (description) => {
      const { descriptionPage } = await import('./page.js');
      return descriptionPage(description);
    });
    return this.shown;
  }

  private async describe() {
    const { describeApi } = await import('./document.js');
    return describeApi(this.options);
  }
}
