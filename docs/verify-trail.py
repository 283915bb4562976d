#!/usr/bin/env python3
"""Verifies an exported trail (daicho trail export) by docs/evidence-format.md, with the standard
library alone: python3 verify-trail.py FILE [SIZE ROOT]. SIZE ROOT is a head that was kept. Signatures
are not checked: the standard library has no Ed25519; compare the last head with one that was kept."""
import base64, hashlib, json, sys

def sha(*parts):
    return hashlib.sha256(b''.join(parts)).digest()

def stop(n, what):
    sys.exit(f'entry {n}: {what}')

def root(full):  # roots of the complete subtrees, the largest first
    h = full[-1]
    for left in reversed(full[:-1]):
        h = sha(b'\1', left, h)
    return base64.b64encode(h).decode()

def leaf(a, changes):
    text = f"daicho-act/1\n{a['act']} {a['xid']} {a['head']} {a['digest']}\n"
    for c in changes:
        bare = 'before' not in c and 'after' not in c and c['salt']
        text += f"{c['seq']} {c['op']} {c['tbl']} {c['digest']} {c['salt'] if bare else '-'} {len(c['pk'].encode())} {c['pk']}\n"
    return sha(b'\0', text.encode())

lines = (json.loads(line) for line in open(sys.argv[1], encoding='utf-8', newline='\n'))
opening = next(lines)['log']
kept = (int(sys.argv[2]), sys.argv[3]) if len(sys.argv) > 3 else None
size, covered, full, erased, entry, last = 0, 0, [], {}, None, ''

def end():  # of the entry that is under way
    global size, entry
    if entry is None:
        return
    (a, changes), entry = entry, None
    n = a['n']
    if n != size or a['head'] != covered or len(changes) != a['changes'] or any(x['seq'] >= y['seq'] for x, y in zip(changes, changes[1:])):
        stop(size, 'order or number')
    said = json.loads(a['text'])
    if not a['salt']:
        erased[f"act {a['act']}"] = n, a['text']
    elif sha(bytes.fromhex(a['salt']), a['text'].encode()).hex() != a['digest']:
        stop(n, 'the act is not that of its digest')
    for c in changes:
        payload = [c.get(k) for k in ('before', 'after')]
        if payload == [None, None]:
            if not c['salt']:
                erased[f"change {a['act']}/{c['seq']}"] = n, None
        elif sha(bytes.fromhex(c['salt']), (payload[0] or '').encode(), b'\x1f', (payload[1] or '').encode()).hex() != c['digest']:
            stop(n, f"change {c['seq']} is not that of its digest")
        elif a['salt'] and said[9:11] == ['trail.erase', 'done'] and c['op'] == 'UPDATE' and payload[1] is not None:
            gone = erased.get(f"{c['tbl']} {c['pk']}")
            if gone and gone[1] in (None, payload[1]):
                del erased[f"{c['tbl']} {c['pk']}"]
    h = leaf(a, changes)
    if base64.b64encode(h).decode() != a['leaf']:
        stop(n, 'the leaf is not that of the act and its changes')
    k = size
    while k & 1:
        h, k = sha(b'\1', full.pop(), h), k >> 1
    full.append(h)
    size += 1
    if kept and size == kept[0] and root(full) != kept[1]:
        stop(n, 'the head that was kept is of something else')

for line in lines:
    (kind, body), = line.items()
    if kind == 'change':
        if entry is None:
            stop(size, 'a change without an act')
        entry[1].append(body)
        continue
    end()
    if kind == 'act':
        entry = body, []
    elif kind == 'head':
        name, count, top = body.split('\n')[:3]
        if int(count) != size or size <= covered or top != root(full):
            stop(size, f'the head of {count} entries is of something else, or out of place')
        covered, last = size, f'{count} {top}'
    else:
        stop(size, 'an unknown line')
end()
if size != opening['size'] or opening['kind'] != 'log' or opening['format'] != 1:
    stop(size, 'the file ends here')
if erased:
    stop(min(n for n, _ in erased.values()), 'something is gone that no act erased')
if kept and kept[0] > size:
    stop(size, 'the head that was kept is of more')
print(f'{size} entries hold; the last head: {last}')
