// Searches the library of good practice where scripts run; without them it is a plain list.
(function () {
  "use strict";
  var form = document.getElementById("library-search");
  if (!form) return;
  var items = Array.prototype.slice.call(document.querySelectorAll("#library-list > li"));
  var count = document.getElementById("library-count");
  var texts = items.map(function (item) { return item.textContent.toLowerCase(); });
  function show() {
    var words = document.getElementById("library-words").value.toLowerCase().split(/\s+/).filter(Boolean);
    var facets = Array.prototype.slice.call(form.querySelectorAll("select")).filter(function (one) { return one.value; });
    var shown = items.filter(function (item, n) {
      var fits = words.every(function (word) { return texts[n].indexOf(word) >= 0; }) && facets.every(function (one) {
        return item.getAttribute("data-" + one.getAttribute("data-facet")).split(" ").indexOf(one.value) >= 0
          || item.getAttribute("data-" + one.getAttribute("data-facet")) === one.value;
      });
      item.hidden = !fits;
      return fits;
    }).length;
    count.textContent = shown === 0 ? "No practice fits. Take a word or a choice away."
      : shown + " of " + items.length + " shown.";
  }
  form.addEventListener("input", show);
  form.addEventListener("change", show);
  form.addEventListener("reset", function () { setTimeout(show, 0); });
  form.addEventListener("submit", function (event) { event.preventDefault(); show(); });
  form.hidden = false;
  show();
})();
