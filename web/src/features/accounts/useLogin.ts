// View-model of the wizard: walks through the steps that a network's login asks for.
import { useCallback, useEffect, useRef, useState } from "react";
import { ApiError } from "@/lib/api/client";
import type { LoginStep } from "@/lib/api/types";
import { t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";

export interface Wrong {
  field: string | null;
  text: string;
}

function wrongOf(error: unknown): Wrong {
  if (error instanceof ApiError) return { field: error.field, text: error.shown || t("wizard.failed") };
  return { field: null, text: t("auth.error.offline") };
}

export function useLogin(onDone: () => void) {
  const { api } = useUnisono();
  const [login, setLogin] = useState<{ id: string; step: LoginStep } | null>(null);
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<Wrong | null>(null);
  const current = useRef<string | null>(null);

  const take = useCallback(
    (id: string, step: LoginStep) => {
      current.current = step.type === "done" ? null : id;
      setLogin({ id, step });
      if (step.type === "done") onDone();
    },
    [onDone],
  );

  const run = useCallback(
    async (work: () => Promise<{ login_id?: string; step: LoginStep }>, id?: string) => {
      setBusy(true);
      setWrong(null);
      try {
        const progress = await work();
        take(progress.login_id ?? id ?? "", progress.step);
      } catch (error) {
        setWrong(wrongOf(error));
      } finally {
        setBusy(false);
      }
    },
    [take],
  );

  const start = useCallback((channel: string, flow: string) => run(() => api.startLogin(channel, flow)), [api, run]);
  const submit = useCallback((fields: Record<string, string>) => (login ? run(() => api.submitLogin(login.id, fields), login.id) : Promise.resolve()), [api, login, run]);

  /** Back to the choice of networks. */
  const cancel = useCallback(() => {
    if (current.current) void api.cancelLogin(current.current).catch(() => undefined);
    current.current = null;
    setLogin(null);
    setWrong(null);
  }, [api]);

  // Steps that happen elsewhere (a code is scanned, a page is confirmed) are waited for.
  const waiting = login && (login.step.type === "show" || login.step.type === "open_page") ? login.id : null;
  useEffect(() => {
    if (!waiting) return;
    const abort = new AbortController();
    const wait = async () => {
      while (!abort.signal.aborted) {
        try {
          const progress = await api.waitLogin(waiting, abort.signal);
          if (abort.signal.aborted) return;
          take(waiting, progress.step);
          if (progress.step.type !== "show" && progress.step.type !== "open_page") return;
        } catch (error) {
          if (abort.signal.aborted) return;
          if (error instanceof ApiError) return setWrong(wrongOf(error));
          await new Promise((resolve) => setTimeout(resolve, 3000));
        }
      }
    };
    void wait();
    return () => abort.abort();
  }, [api, waiting, take]);

  useEffect(
    () => () => {
      if (current.current) void api.cancelLogin(current.current).catch(() => undefined);
    },
    [api],
  );

  return { step: login?.step ?? null, busy, wrong, start, submit, cancel };
}
