// What the page does beyond links and forms, which work without it: results while one types, a timeline that one can
// drag, parts that renew themselves, and a few keys. Every piece of HTML comes from this server, escaped there.
"use strict";
(() => {
  const trusted = window.trustedTypes ? trustedTypes.createPolicy("kabar", { createHTML: (html) => html }) : { createHTML: (html) => html };
  const put = (element, html) => { element.innerHTML = trusted.createHTML(html); };
  const form = document.querySelector("form[data-live]");
  const results = document.getElementById("results");
  const said = document.getElementById("said");
  let asking = null;
  let timer = 0;

  const wanted = () => {
    const pairs = [...new FormData(form)].filter(([name, value]) => value !== "" && !(name === "sort" && value === "relevance") && !(name === "collapse" && value === "1"));
    const query = new URLSearchParams(pairs).toString();
    return query ? "/?" + query : "/";
  };

  const load = async (address, remember) => {
    if (asking) asking.abort();
    asking = new AbortController();
    form.classList.add("busy");
    try {
      const answer = await fetch(address, { headers: { "x-kabar-fragment": "results" }, signal: asking.signal });
      const html = await answer.text();
      if (!answer.ok && !html.includes("columns")) { location.assign(address); return; }
      const open = results.querySelector("[data-facets]")?.open ?? true;
      const focus = document.activeElement?.name && results.contains(document.activeElement) ? [document.activeElement.name, document.activeElement.value] : null;
      put(results, html);
      const facets = results.querySelector("[data-facets]");
      if (facets) facets.open = open;
      if (focus) [...results.querySelectorAll("input, select")].find((field) => field.name === focus[0] && (field.type !== "checkbox" || field.value === focus[1]))?.focus();
      const total = results.querySelector("[data-said]");
      if (total && said) said.textContent = total.textContent;
      const wrong = results.querySelector("#mistake");
      // An empty value would say that nothing is wrong.
      if (wrong?.dataset.of === "q") { form.q.setAttribute("aria-invalid", "true"); form.q.setAttribute("aria-describedby", "mistake"); } else { form.q.removeAttribute("aria-invalid"); form.q.removeAttribute("aria-describedby"); }
      if (remember) history.replaceState(null, "", address);
      prepare();
    } catch (error) {
      if (error.name !== "AbortError") location.assign(address);
    } finally {
      form.classList.remove("busy");
    }
  };

  const prepare = () => {
    const timeline = results.querySelector(".timeline[data-drag] svg");
    if (!timeline) return;
    const bars = [...timeline.querySelectorAll(".hit")];
    let first = -1;
    const at = (event) => {
      const box = timeline.getBoundingClientRect();
      return Math.max(0, Math.min(bars.length - 1, Math.floor((event.clientX - box.left) / box.width * bars.length)));
    };
    const show = (from, to) => bars.forEach((bar, number) => bar.classList.toggle("chosen", number >= Math.min(from, to) && number <= Math.max(from, to)));
    timeline.addEventListener("pointerdown", (event) => { first = at(event); timeline.setPointerCapture(event.pointerId); show(first, first); });
    timeline.addEventListener("pointermove", (event) => { if (first >= 0) show(first, at(event)); });
    timeline.addEventListener("pointerup", (event) => {
      if (first < 0) return;
      const last = at(event);
      form.since.value = bars[Math.min(first, last)].dataset.start;
      form.until.value = bars[Math.max(first, last)].dataset.end;
      first = -1;
      load(wanted(), true);
    });
  };

  if (form && results) {
    // A small screen shows what was found first.
    if (matchMedia("(max-width: 860px)").matches) results.querySelector("[data-facets]")?.removeAttribute("open");
    form.addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(timer); load(wanted(), true); });
    form.q.addEventListener("input", (event) => { if (event.isComposing) return; clearTimeout(timer); timer = setTimeout(() => load(wanted(), true), 250); });
    results.addEventListener("change", () => load(wanted(), true));
    prepare();
  }

  for (const other of document.querySelectorAll("form[data-submit]")) other.addEventListener("change", () => other.requestSubmit());

  for (const part of document.querySelectorAll("[data-refresh]")) {
    setInterval(async () => {
      if (document.hidden || part.contains(document.activeElement)) return;
      try {
        const answer = await fetch(location.pathname + location.search, { headers: { "x-kabar-fragment": "live" } });
        if (answer.ok) put(part, await answer.text());
      } catch { /* the next time */ }
    }, Number(part.dataset.refresh) * 1000);
  }

  document.addEventListener("keydown", (event) => {
    if (document.documentElement.dataset.keys === "off") return;
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? "")) return;
    const box = document.getElementById("q");
    if (event.key === "/" && box) { event.preventDefault(); box.focus(); box.select(); return; }
    if (event.key !== "j" && event.key !== "k") return;
    const titles = [...document.querySelectorAll(".card :is(h2, h3) a")];
    const here = titles.indexOf(document.activeElement);
    titles[Math.max(0, Math.min(titles.length - 1, here + (event.key === "j" ? 1 : -1)))]?.focus();
  });
})();
