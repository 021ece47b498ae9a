// What silk says in handlers in attributes, which the content policy forbids.
document.addEventListener("change", (event) => {
  if (event.target.matches("select[form]")) event.target.form.submit();
});
document.addEventListener("input", (event) => {
  if (event.target.id !== "percent") return;
  event.target.value = event.target.value.replace(/[^0-9]/g, "").slice(0, 2);
  window.createViz?.();
});

// Its calendar makes code of texts, which the policy forbids, too, and would take the
// button of the filters down with it: dates are typed. Runs before silk's own start.
if (window.jQuery) window.jQuery.fn.datetimepicker = function typed() { return this; };
