// The buttons that copy the code above them.

for (const pressed of document.querySelectorAll(".copy")) {
  const code = pressed.parentElement.previousElementSibling;
  pressed.textContent = "Copy";
  pressed.addEventListener("click", async () => {
    const done = await navigator.clipboard?.writeText(code.textContent).then(() => true, () => false);
    pressed.textContent = done ? "Copied" : "Select and copy by hand";
  });
}
