import { afterEach, describe, expect, it } from "vitest";
import { setLanguage } from ".";
import { formatMeasured } from "./format";

describe("what a device measured", () => {
  afterEach(() => setLanguage("en"));

  it("is written as the reader writes numbers, with its own decimal places", () => {
    setLanguage("de");
    expect(formatMeasured("18.40")).toBe("18,40");
    expect(formatMeasured("-0.5")).toBe("-0,5");
    expect(formatMeasured("1250000")).toBe("1.250.000");
    setLanguage("en");
    expect(formatMeasured("18.40")).toBe("18.40");
  });

  it("stays as it is where it is no plain number", () => {
    setLanguage("de");
    for (const value of ["2026", "007", "12:30", "1.2.3", "on", "1e5", ""]) expect(formatMeasured(value)).toBe(value);
  });
});
