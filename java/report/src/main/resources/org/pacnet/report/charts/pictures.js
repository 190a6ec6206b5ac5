// Pictures with what is said of them: [{picture: data URL, name, text, right}].
charts.pictures = (data) => element("ul", {}, ...data.pictures.map((one) => element("li", { className: one.right ? "right" : "wrong" },
  element("img", { src: one.picture, alt: one.name }), element("span", {}, one.text))));
