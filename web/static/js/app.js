// Enhancements only: every task works without this file.
const $ = (s, r = document) => r.querySelector(s);
const $$ = (s, r = document) => [...r.querySelectorAll(s)];
const on = (t, f, o) => addEventListener(t, f, o);
const body = document.body;

// ime reports a key that belongs to a Japanese input method (229: Safari after the commit).
const ime = e => e.isComposing || e.keyCode === 229;
const clock = () => new Date().toLocaleTimeString('ja-JP', { hour: '2-digit', minute: '2-digit' });
const tell = text => { const n = $('#live'); if (n) n.textContent = text; };
const post = (url, data) => fetch(url, { method: 'POST', body: data, headers: { 'X-Requested-By': 'app' }, redirect: 'manual' });

// Live search listens to ime:input, so that nothing is sent while a word is being composed.
const typed = e => e.target.dispatchEvent(new CustomEvent('ime:input', { bubbles: true }));
on('input', e => { if (!e.isComposing) typed(e); }, true);
on('compositionend', typed, true);

// --- Forms: unsaved changes, drafts, one submit only --------------------------------------------
const dirty = new Set(), timers = new WeakMap();
const guarded = f => f?.matches?.('[data-guard],[data-autosave]');
function changed(e) {
  const f = e.target.form;
  if (!guarded(f)) return;
  dirty.add(f);
  if (f.dataset.autosave && !timers.has(f)) timers.set(f, setTimeout(save, 5000, f));
}
on('input', changed);
on('change', changed);
async function save(f) {
  timers.delete(f);
  if (f.dataset.sent || !f.isConnected) return;
  const s = $('[data-autosave-status]', f) || $('[data-autosave-status]');
  const data = new FormData(f);
  for (const [k, v] of [...data]) if (v instanceof File) data.delete(k);
  dirty.delete(f);
  try {
    const r = await post(f.dataset.autosave, new URLSearchParams(data));
    if (!r.ok) throw r;
    const id = r.headers.get('Draft-Id'), next = r.headers.get('Draft-Url');
    if (id && f.elements.draft) f.elements.draft.value = id;
    if (next) f.dataset.autosave = next;
    alive(r);
    const side = $('#side');
    if (side && r.status === 200) side.replaceChildren(document.createRange().createContextualFragment(await r.text()));
    if (s) s.textContent = '下書き保存済 ' + clock();
  } catch {
    dirty.add(f);
    if (s) s.textContent = '下書きを保存できませんでした（' + clock() + '）。入力は画面に残っています';
    if (!timers.has(f)) timers.set(f, setTimeout(save, 9000, f));
  }
}
on('beforeunload', e => { if ([...dirty].some(f => f.isConnected)) e.preventDefault(); });

const lock = (f, yes) => {
  if (yes) f.dataset.sent = '1'; else delete f.dataset.sent;
  for (const b of $$('button:not([type=button])', f)) b.disabled = yes;
};
on('submit', e => {
  const f = e.target;
  if (f.dataset.sent) return e.preventDefault();
  if (e.defaultPrevented || f.method === 'dialog') return;
  dirty.delete(f);
  if (f.method !== 'post') return;
  f.dataset.sent = '1';
  setTimeout(lock, 0, f, true); // after the pressed button has been counted among the values
  if ('download' in f.dataset) setTimeout(lock, 3000, f, false);
});
on('pageshow', () => $$('form[data-sent]').forEach(f => lock(f, false)));

// A question that an earlier answer makes needless is hidden; the server judges again anyway.
function reveal() {
  for (const q of $$('[data-shown-when]')) {
    const f = new FormData(q.closest('form'));
    q.hidden = !q.dataset.shownWhen.split(' ').every(c => {
      const [k, v] = c.split('=');
      return !k || f.getAll((q.dataset.prefix || '') + k).includes(v);
    });
  }
}
on('change', reveal);

// --- Lists: ranges and counts -------------------------------------------------------------------
let last;
const count = () => $$('[data-select-count]').forEach(n => {
  n.textContent = $$('input[data-select]:checked', n.closest('form')).length;
});
on('click', e => {
  const c = e.target, f = c.form;
  if (c.matches?.('input[data-select-all]')) $$('input[data-select]:enabled', f).forEach(b => { b.checked = c.checked; });
  else if (c.matches?.('input[data-select]')) {
    const all = $$('input[data-select]:enabled', f), a = all.indexOf(last), b = all.indexOf(c);
    if (e.shiftKey && a >= 0) all.slice(Math.min(a, b), Math.max(a, b) + 1).forEach(x => { x.checked = c.checked; });
    last = c;
  } else if (c.closest?.('[data-print]')) return print();
  else if (c.closest?.('[data-select-none]')) $$('input[data-select]', c.closest('form')).forEach(b => { b.checked = false; });
  else return;
  count();
});

// --- Keys ---------------------------------------------------------------------------------------
const off = body.dataset.shortcuts === 'off';
let first = '';
function move(step) {
  const rows = $$('[data-row]'), at = rows.findIndex(r => r.contains(document.activeElement));
  const row = rows[at < 0 ? 0 : at + step];
  (row && $('[data-row-focus]', row) || row && $('a,button,input', row))?.focus();
}
on('keydown', e => {
  if (ime(e) || e.defaultPrevented || e.altKey) return;
  const t = e.target, inDialog = $('dialog[open]');
  if ((e.ctrlKey || e.metaKey) && e.key === 'Enter') {
    const f = t.form || $('main form[data-primary]'), b = f && $('button[data-primary]', f);
    if (f && b && !off && !inDialog) { e.preventDefault(); f.requestSubmit(b); }
    return;
  }
  const go = e.key === 'Enter' && t.dataset?.enter;
  if (go) {
    e.preventDefault();
    if (window.htmx && t.hasAttribute('hx-get')) typed(e); else $('#' + go)?.click();
    return;
  }
  if (off || e.ctrlKey || e.metaKey || inDialog) return;
  const key = e.key.normalize('NFKC');
  if (t.type === 'radio' && /^[1-9]$/.test(key)) {
    $$('input[type=radio]', t.form).filter(r => r.name === t.name && !r.disabled)[key - 1]?.click();
    return;
  }
  if (t.closest?.('select,textarea,[contenteditable],input:not([type=checkbox])')) return;
  const to = $(`[data-key="${CSS.escape(first + key)}"]`);
  first = '';
  if (key === 'j' || key === 'k') move(key === 'j' ? 1 : -1);
  else if (key === 'x') { const r = document.activeElement.closest('[data-row]'); if (r) $('input[data-select]', r)?.click(); }
  else if (key === 'g') { first = 'g '; setTimeout(() => { first = ''; }, 1500); return; }
  else if (key === '?' && $('#keys')) $('#keys').showModal();
  else if (!to) return;
  else if (to.matches('input:not([type=submit]),textarea')) { to.focus(); to.select(); }
  else if (to.matches('select,summary,[data-focus]')) to.focus();
  else to.click();
  e.preventDefault();
});

// --- The session: a warning in time, extended by one key ------------------------------------------
const warn = $('#session');
let ends = 0, said = 0;
const left = s => { if (s > 0) ends = Date.now() + s * 1000; };
const alive = r => left(Number(r.headers.get('Session-Left')));
if (warn && body.dataset.sessionExpires) {
  left((new Date(body.dataset.sessionExpires) - new Date(body.dataset.now || Date.now())) / 1000);
  const early = (Number(warn.dataset.early) || 180) * 1000;
  setInterval(() => {
    const rest = ends - Date.now();
    warn.classList.toggle('dialog--over', rest <= 0);
    if (rest < early && said !== ends && !warn.open) warn.showModal();
    if (rest < early) said = ends;
    const n = $('[data-session-minutes]', warn);
    if (n) n.textContent = Math.max(0, Math.ceil(rest / 60000));
  }, 5000);
  $('form', warn)?.addEventListener('submit', async e => {
    e.preventDefault();
    try {
      const r = await post(e.target.action);
      if (!r.ok) throw r;
      alive(r);
      warn.close();
    } catch { warn.classList.add('dialog--over'); }
  });
}

// --- At the start, and after a part of the page was replaced --------------------------------------
function ready() {
  for (const n of $$('[data-js][hidden]')) n.hidden = false;
  reveal();
  count();
}
on('htmx:after:swap', ready);
for (const t of ['htmx:error', 'htmx:response:error']) {
  on(t, e => {
    if (e.detail?.ctx?.response?.status !== 422) tell('処理できませんでした。画面の内容は変わっていません。少し待って、もう一度操作してください。');
  });
}
on('htmx:before:request', () => tell(''));
ready();
$('[data-error-summary]')?.focus();
