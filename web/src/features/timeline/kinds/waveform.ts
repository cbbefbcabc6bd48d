// The shape of a voice message: as its sender measured it, or measured here from the sound.
const bars = 44;

/** `bars` heights from 0 to 1, out of however many there are. */
export function shapeOf(samples: readonly number[]): number[] {
  if (samples.length === 0) return [];
  const most = Math.max(...samples, 1e-6);
  return Array.from({ length: bars }, (_, index) => {
    const from = Math.floor((index * samples.length) / bars);
    const to = Math.max(from + 1, Math.floor(((index + 1) * samples.length) / bars));
    return Math.max(...samples.slice(from, to), 0) / most;
  });
}

/** The waveform in a message (MSC1767: 0 to 1024), if it is one. */
export function toldShape(content: Record<string, unknown>): number[] | null {
  const audio = content["org.matrix.msc1767.audio"] as { waveform?: unknown } | undefined;
  const samples = Array.isArray(audio?.waveform) ? audio.waveform.filter((sample): sample is number => typeof sample === "number" && sample >= 0) : [];
  return samples.length > 3 ? shapeOf(samples.slice(0, 1000)) : null;
}

/** Measures a sound that is here. */
export async function measuredShape(url: string): Promise<number[]> {
  const bytes = await (await fetch(url)).arrayBuffer();
  const context = new OfflineAudioContext(1, 1, 44_100);
  const sound = await context.decodeAudioData(bytes);
  const data = sound.getChannelData(0);
  const step = Math.max(1, Math.floor(data.length / (bars * 60)));
  const peaks: number[] = Array.from({ length: bars }, () => 0);
  for (let index = 0; index < data.length; index += step) {
    const bar = Math.min(bars - 1, Math.floor((index / data.length) * bars));
    peaks[bar] = Math.max(peaks[bar]!, Math.abs(data[index]!));
  }
  return shapeOf(peaks);
}
