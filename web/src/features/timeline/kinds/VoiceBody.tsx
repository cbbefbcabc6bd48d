import { Pause, Play } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { t } from "@/lib/i18n";
import { formatDuration } from "@/lib/i18n/format";
import { captionOf, type FileContent, nameOf, sourceOf, useMedia } from "../useMedia";
import styles from "./voice.module.css";
import { PlainText } from "./TextBody";
import { measuredShape, toldShape } from "./waveform";

const speeds = [1, 1.5, 2];
const flat = Array.from({ length: 44 }, (_, index) => 0.22 + 0.12 * Math.abs(Math.sin(index * 1.7)));

/** A spoken message: play, jump, faster. Loaded only when it is to be heard. */
export function VoiceBody({ content, voice }: { content: FileContent; voice: boolean }) {
  const [wanted, setWanted] = useState(false);
  const { url, failed } = useMedia(wanted ? sourceOf(content) : null);
  const [shape, setShape] = useState(() => toldShape(content as Record<string, unknown>));
  const [playing, setPlaying] = useState(false);
  const [at, setAt] = useState(0);
  const [length, setLength] = useState((content.info?.duration ?? 0) / 1000);
  const [speed, setSpeed] = useState(1);
  const sound = useRef<HTMLAudioElement>(null);
  const name = voice ? t("message.voice") : nameOf(content) || t("message.audio");
  const caption = captionOf(content);

  useEffect(() => {
    if (!url) return;
    void sound.current?.play().catch(() => setPlaying(false));
    if (!shape) measuredShape(url).then(setShape, () => undefined);
    // Measured once, when it has come.
  }, [url]);

  useEffect(() => {
    if (sound.current) sound.current.playbackRate = speed;
  }, [speed, url]);

  // One voice at a time.
  useEffect(() => {
    const hush = (event: Event) => {
      if ((event as CustomEvent<unknown>).detail !== sound.current) sound.current?.pause();
    };
    window.addEventListener("unisono:voice", hush);
    return () => window.removeEventListener("unisono:voice", hush);
  }, []);

  const toggle = () => {
    if (!url) return setWanted(true);
    if (playing) sound.current?.pause();
    else void sound.current?.play().catch(() => undefined);
  };
  const share = length > 0 ? Math.min(1, at / length) : 0;
  const heights = shape ?? flat;
  return (
    <div className={styles.voice}>
      <button type="button" className={styles.playVoice} onClick={toggle} aria-busy={wanted && !url && !failed} aria-label={playing ? t("media.pause", { name }) : t("media.play", { name })}>
        {playing ? <Pause aria-hidden="true" /> : <Play aria-hidden="true" />}
      </button>
      <span className={styles.track}>
        {voice ? null : <strong>{name}</strong>}
        <span className={styles.wave}>
          <svg viewBox={`0 0 ${heights.length * 4} 28`} preserveAspectRatio="none" aria-hidden="true">
            {heights.map((height, index) => (
              <rect key={index} x={index * 4 + 0.6} width={2.4} rx={1.2} y={14 - Math.max(1.4, height * 13)} height={Math.max(2.8, height * 26)} data-past={index / heights.length < share || undefined} />
            ))}
          </svg>
          <input
            type="range"
            min={0}
            max={length || 1}
            step={0.1}
            value={at}
            disabled={!url}
            aria-label={t("media.position", { name })}
            aria-valuetext={formatDuration(at * 1000)}
            onChange={(event) => {
              setAt(Number(event.target.value));
              if (sound.current) sound.current.currentTime = Number(event.target.value);
            }}
          />
        </span>
        <small>
          {failed ? t("media.failed") : formatDuration((playing || at > 0 ? at : length) * 1000)}
          {url ? (
            <button type="button" className={styles.speed} onClick={() => setSpeed(speeds[(speeds.indexOf(speed) + 1) % speeds.length]!)} aria-label={t("media.speed", { n: speed })}>
              {speed}×
            </button>
          ) : null}
        </small>
      </span>
      {url ? (
        <audio
          ref={sound}
          src={url}
          onPlay={() => {
            setPlaying(true);
            window.dispatchEvent(new CustomEvent("unisono:voice", { detail: sound.current }));
          }}
          onPause={() => setPlaying(false)}
          onEnded={() => {
            setPlaying(false);
            setAt(0);
          }}
          onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
          onLoadedMetadata={(event) => Number.isFinite(event.currentTarget.duration) && setLength(event.currentTarget.duration)}
        />
      ) : null}
      {caption ? (
        <p className={styles.voiceCaption}>
          <PlainText text={caption} />
        </p>
      ) : null}
    </div>
  );
}
