/** Files besides graphs that say how a model reads text and what its vectors are. */
const CONFIGS =
  /^(?:config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|modules|sentence_[a-z-]+_config|config_sentence_transformers|\d_[A-Za-z]+\/config)\.json$/;

/** Whether a file of an export, by its path within it, says how the model reads text, pools or normalises. */
export function isConfigFile(path: string): boolean {
  return CONFIGS.test(path);
}
