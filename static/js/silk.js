// Replaces silk's inline event handlers, which the content policy forbids.
document.addEventListener("change", (event) => {
  if (event.target.matches("select[form]")) event.target.form.submit();
});
document.addEventListener("input", (event) => {
  if (event.target.id !== "percent") return;
  event.target.value = event.target.value.replace(/[^0-9]/g, "").slice(0, 2);
  window.createViz?.();
});

// Its calendar needs eval, which the policy forbids, too, and would break the
// filters' button: dates are typed. Must run before silk's own script.
if (window.jQuery) window.jQuery.fn.datetimepicker = function typed() { return this; };
