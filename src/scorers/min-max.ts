/** Values scaled so that the smallest becomes 0 and the largest 1; all equal (or one alone): .5 each. A new array. */
export function minMax(values: Float64Array): Float64Array {
  return scaleMinMax(values.slice());
}

/** The same in place. */
export function scaleMinMax(values: Float64Array): Float64Array {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  // Halved first, for the range of the largest doubles is no double.
  const range = high / 2 - low / 2;
  for (let index = 0; index < values.length; index++) {
    values[index] = range > 0 ? Math.min(1, (values[index]! / 2 - low / 2) / range) : 0.5;
  }
  return values;
}
