// Places: `geo:` addresses (RFC 5870) and what people type.

export interface Place {
  latitude: number;
  longitude: number;
}

const valid = (latitude: number, longitude: number): Place | null =>
  Number.isFinite(latitude) && Number.isFinite(longitude) && Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? { latitude, longitude } : null;

export function readGeo(uri: unknown): Place | null {
  const match = /^geo:(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)/i.exec(typeof uri === "string" ? uri : "");
  return match ? valid(Number(match[1]), Number(match[2])) : null;
}

/** `52.52, 13.405`, also with a German comma, or a map's address that holds them. */
export function readTyped(text: string): Place | null {
  const geo = readGeo(text.trim());
  if (geo) return geo;
  const degrees = /(-?\d{1,3}[.]\d+)\s*[,;\s/]\s*(-?\d{1,3}[.]\d+)/.exec(text) ?? /(-?\d{1,3},\d+)\s*[;\s/]\s*(-?\d{1,3},\d+)/.exec(text);
  return degrees ? valid(Number(degrees[1]!.replace(",", ".")), Number(degrees[2]!.replace(",", "."))) : null;
}

export const geoUri = ({ latitude, longitude }: Place) => `geo:${latitude},${longitude}`;

export function showPlace({ latitude, longitude }: Place): string {
  const part = (value: number, signs: string) => `${Math.abs(value).toFixed(5)}° ${signs[value < 0 ? 1 : 0]}`;
  return `${part(latitude, "NS")}, ${part(longitude, "EW")}`;
}

/** A page with a map; opened only when somebody asks for it. */
export function mapUrl({ latitude, longitude }: Place): string {
  return `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`;
}
