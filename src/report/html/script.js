// Lists that are sorted by their heads and searched. The view stands in the address, so that it can be passed on:
// #list=no-match&sort=-input&find=acme. Without this script the lists are whole, in the order of the input.
'use strict';
(() => {
  const compare = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' }).compare;

  const prepare = (section) => {
    const table = section.querySelector('table');
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];
    const search = section.querySelector('input');
    const told = section.querySelector('[role=status]');
    const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
    const view = { sort: '', find: '' };

    const show = () => {
      const falls = view.sort.startsWith('-');
      const name = falls ? view.sort.slice(1) : view.sort;
      const column = heads.findIndex((head) => head.dataset.name === name);
      const text = (row) => row.cells[column].textContent;
      const sorted = column < 0 ? rows : [...rows].sort((a, b) => (falls ? compare(text(b), text(a)) : compare(text(a), text(b))));
      heads.forEach((head, at) => head.setAttribute('aria-sort', at !== column ? 'none' : falls ? 'descending' : 'ascending'));
      const wanted = view.find.toLowerCase();
      let found = 0;
      for (const row of sorted) {
        row.hidden = wanted !== '' && !texts.get(row).includes(wanted);
        found += row.hidden ? 0 : 1;
      }
      body.append(...sorted);
      told.textContent = wanted === '' ? '' : `${found} of ${rows.length} rows`;
    };

    const keep = () => {
      const parts = new URLSearchParams({ list: section.id });
      if (view.sort) parts.set('sort', view.sort);
      if (view.find) parts.set('find', view.find);
      history.replaceState(null, '', '#' + parts);
    };

    for (const head of heads) {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = head.textContent;
      button.addEventListener('click', () => {
        const name = head.dataset.name;
        view.sort = view.sort === name ? '-' + name : name;
        show();
        keep();
      });
      head.replaceChildren(button);
    }
    search.addEventListener('input', () => {
      view.find = search.value.trim();
      show();
      keep();
    });
    section.querySelector('.find').hidden = false;
    show();
    return (parts) => {
      view.sort = parts.get('sort') || '';
      view.find = search.value = parts.get('find') || '';
      show();
    };
  };

  const lists = new Map([...document.querySelectorAll('section.listed')].map((section) => [section.id, prepare(section)]));
  const follow = (jumps) => {
    const parts = new URLSearchParams(location.hash.slice(1));
    const list = lists.get(parts.get('list'));
    if (!list) return;
    list(parts);
    if (jumps) document.getElementById(parts.get('list')).scrollIntoView();
  };
  addEventListener('hashchange', () => follow(true));
  follow(true);
})();
