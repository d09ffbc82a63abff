/* A line over time, or two, drawn as SVG; read out as a sentence. */
import { useEffect, useRef, useState } from "preact/hooks";
import { day, hour, number, size } from "../i18n/format.ts";
import { t } from "../i18n/index.ts";
import { ceiling, roundSize } from "./scale.ts";

/** A time in seconds since the epoch and the value then. */
export type Point = readonly [at: number, value: number];

export interface Line {
  name: string;
  points: readonly Point[];
}

function useWidth(): [(element: Element | null) => void, number] {
  const [width, setWidth] = useState(320);
  const [element, setElement] = useState<Element | null>(null);
  useEffect(() => {
    if (!element) return undefined;
    const watch = new ResizeObserver(([entry]) => entry && setWidth(Math.max(120, entry.contentRect.width)));
    watch.observe(element);
    return () => watch.disconnect();
  }, [element]);
  return [setElement, width];
}

const HEIGHT = 112;
const FOOT = 18;

export function Graph(props: {
  title: string;
  lines: readonly Line[];
  from: number;
  to: number;
  /** The values are octets. */
  sizes?: boolean;
}) {
  const show = props.sizes ? size : number;
  const [box, width] = useWidth();
  const [at, setAt] = useState<number | null>(null);
  const svg = useRef<SVGSVGElement>(null);
  const top = (props.sizes ? roundSize : ceiling)(
    Math.max(...props.lines.flatMap((line) => line.points.map(([, value]) => value)), 0),
  );
  const x = (time: number) => ((time - props.from) / Math.max(1, props.to - props.from)) * width;
  const y = (value: number) => HEIGHT - FOOT - (value / top) * (HEIGHT - FOOT - 12);
  const stamp = props.to - props.from > 2 * 86_400 ? day : hour;
  const looked = at === null ? null : props.lines.map((line) => nearest(line.points, at));
  const ticks = Array.from(
    { length: width > 420 ? 5 : 3 },
    (_, n, many = width > 420 ? 4 : 2) => props.from + (n / many) * (props.to - props.from),
  );
  const empty = props.lines.every((line) => !line.points.length);
  const shownTime = looked?.[0]?.[0];
  return (
    <figure class="graph" ref={box}>
      <figcaption class="graph-head">
        <b>{props.title}</b>
        <span class="small muted row">
          {shownTime !== undefined && (
            <span class="num">
              {stamp === day ? `${day(shownTime)} ${hour(shownTime)}` : hour(shownTime)}
            </span>
          )}
          {props.lines.map((line, n) => (
            <span key={line.name} class={props.lines.length > 1 ? (n ? "key second num" : "key num") : "num"}>
              {props.lines.length > 1 && `${line.name} `}
              {show((looked?.[n] ?? line.points.at(-1))?.[1] ?? 0)}
            </span>
          ))}
        </span>
      </figcaption>
      <svg
        ref={svg}
        viewBox={`0 0 ${width} ${HEIGHT}`}
        role="img"
        aria-label={spoken(props.lines, show)}
        onPointerMove={(event) => {
          const edge = svg.current?.getBoundingClientRect();
          if (edge) setAt(props.from + ((event.clientX - edge.left) / edge.width) * (props.to - props.from));
        }}
        onPointerLeave={() => setAt(null)}
      >
        <line class="graph-rule" x1="0" x2={width} y1={y(top)} y2={y(top)} />
        <line class="graph-rule" x1="0" x2={width} y1={y(0)} y2={y(0)} />
        <text x={width} y={y(top) - 4} text-anchor="end">
          {show(top)}
        </text>
        {props.lines.map((line, n) => (
          <g key={line.name}>
            <path class={n ? "graph-area second" : "graph-area"} d={area(line.points, x, y)} />
            <path class={n ? "graph-line second" : "graph-line"} d={path(line.points, x, y)} />
          </g>
        ))}
        {empty && (
          <text x={width / 2} y={HEIGHT / 2} text-anchor="middle">
            {t("graph.nothing")}
          </text>
        )}
        {shownTime !== undefined && (
          <line class="graph-mark" x1={x(shownTime)} x2={x(shownTime)} y1={y(top)} y2={y(0)} />
        )}
        {ticks.map((time, n) => (
          <text
            key={n}
            x={x(time)}
            y={HEIGHT - 3}
            text-anchor={n === 0 ? "start" : n === ticks.length - 1 ? "end" : "middle"}
          >
            {stamp(time)}
          </text>
        ))}
      </svg>
    </figure>
  );
}

function nearest(points: readonly Point[], at: number): Point | undefined {
  return points.reduce<Point | undefined>(
    (best, one) => (!best || Math.abs(one[0] - at) < Math.abs(best[0] - at) ? one : best),
    undefined,
  );
}

type Scale = (value: number) => number;

function path(points: readonly Point[], x: Scale, y: Scale): string {
  return points
    .map(([time, value], n) => `${n ? "L" : "M"}${x(time).toFixed(1)} ${y(value).toFixed(1)}`)
    .join("");
}

function area(points: readonly Point[], x: Scale, y: Scale): string {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return "";
  return `${path(points, x, y)}L${x(last[0]).toFixed(1)} ${y(0)}L${x(first[0]).toFixed(1)} ${y(0)}Z`;
}

function spoken(lines: readonly Line[], show: (value: number) => string): string {
  return lines
    .map((line) => {
      const values = line.points.map(([, value]) => value);
      if (!values.length) return `${line.name}: ${t("graph.nothing")}`;
      return `${line.name}: ${t("graph.spoken", { low: show(Math.min(...values)), high: show(Math.max(...values)), now: show(values.at(-1) ?? 0) })}`;
    })
    .join(" ");
}

/** How full something is. The width is drawn, not styled: the page allows no style in its text. */
export function Meter({ part, label, tone }: { part: number; label: string; tone?: "good" }) {
  const filled = Math.min(100, Math.max(0, part * 100));
  const colour = tone ?? (part > 0.97 ? "bad" : part > 0.85 ? "warn" : "");
  return (
    <svg
      class="meter"
      viewBox="0 0 100 6"
      preserveAspectRatio="none"
      role="img"
      aria-label={`${label}: ${Math.round(filled)} %`}
    >
      <rect class={`meter-fill ${colour}`} width={filled} height="6" />
    </svg>
  );
}
