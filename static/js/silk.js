// What silk says in handlers in attributes, which the content policy forbids.
document.addEventListener("change", (event) => {
  if (event.target.matches("select[form]")) event.target.form.submit();
});
document.addEventListener("input", (event) => {
  if (event.target.id !== "percent") return;
  event.target.value = event.target.value.replace(/[^0-9]/g, "").slice(0, 2);
  window.createViz?.();
});
